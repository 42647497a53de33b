"""Object stores and folders of files: opened by URI, with their options, credentials and errors."""

"""What tells two definitions of a table apart, in the words of people who use it."""

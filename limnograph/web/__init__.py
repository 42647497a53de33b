"""What limnograph serves over HTTP. Import the modules; the package itself loads nothing heavy."""

"""The ``ranwright`` command: thin commands over the service layer."""

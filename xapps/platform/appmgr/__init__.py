"""The application manager's REST: where xApps register, and who asks what runs."""

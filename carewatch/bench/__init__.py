"""What carewatch can do on this machine, measured."""

"""What the measuring scripts share: building and starting servers, running the load, and forming tables."""

"""What is done from this app's pages to several runs at once. Each run is a transaction of its own."""

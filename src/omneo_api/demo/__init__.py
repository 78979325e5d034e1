"""Demo data: what the first start shows, and loaders of real purchases. Everything goes in through the HTTP API."""

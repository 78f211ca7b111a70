"""What one file says: parsing behind guards, and the collector that turns a syntax tree into plain facts."""

"""Comments that say something to us: read, written, and asked what they silence."""

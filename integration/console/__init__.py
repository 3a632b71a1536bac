"""The console: what support staff see behind sign-in."""

"""labflow tracks children's bone marrow aspirates from the bedside to the verified result."""

__version__ = "0.1.0"

"""An adaptive quiz application for medical education."""

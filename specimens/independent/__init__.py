"""Two generators that draw by means of their own: no rule of the recogniser is written on their photos."""

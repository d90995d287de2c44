"""What permits are and how an answer about one is judged: plain Python without framework, network or clock."""

"""Both OCR actions on one machine: ``reading`` reads a card, ``wire`` speaks the protocol, ``server`` joins them."""

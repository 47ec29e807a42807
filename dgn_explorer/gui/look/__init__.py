"""How things look: colours, icons, cards, the canvas, fields. Widgets that know no session."""

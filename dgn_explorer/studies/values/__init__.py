"""What every unit of a layer makes of one photograph, as photo sets are measured."""

"""Results: the store on disk, and export."""

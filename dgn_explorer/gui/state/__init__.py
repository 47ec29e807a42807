"""What the window knows and shows nowhere by itself: jobs, results, settings. No widgets."""

"""Commands that train, import, measure and compare priors."""

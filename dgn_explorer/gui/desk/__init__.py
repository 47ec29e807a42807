"""What every feature works with: actions, menus, panels, notices, the error dialog."""

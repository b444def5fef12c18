"""Three-colour lights of milestones, projects and boards."""

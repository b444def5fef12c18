"""An office on django-fsm."""

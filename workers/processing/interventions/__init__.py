"""How each act of a person is carried out. How it is stored stands in `workers/interventions.py`."""

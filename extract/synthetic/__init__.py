"""A small synthetic grid: three ISOs, 400 local days, hourly, the same for the same seed on every machine.

Temperature drives load, sun and wind drive renewables, the rest follows net load, net load makes the price, and the
operator's forecast errs in a way that can be learned. Defects are planted on top and listed in a manifest, so that
every later step can be checked against what is known to be wrong.

Belongs here: the simulation, the planted defects and the bytes they become. How bytes are read back stands with the
feeds, which share their parsers with the real ones.
"""

from extract.synthetic.grid import DEFAULT_SEED
from extract.synthetic.payloads import load_payloads, observation_payloads, planted

__all__ = ["DEFAULT_SEED", "load_payloads", "observation_payloads", "planted"]

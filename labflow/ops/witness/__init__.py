"""A witness of transparency logs (c2sp.org/tlog-witness): it cosigns a log's checkpoint only when the log has
grown from the checkpoint that it cosigned before. It runs in another department, with no data of labflow.
"""

from .application import MOST_BODY_BYTES, application
from .keys import open_signer
from .witness import Witness

__all__ = ["MOST_BODY_BYTES", "Witness", "application", "open_signer"]

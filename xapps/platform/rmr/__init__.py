"""RMR, the messages between xApps and the platform, wire-compatible with librmr_si."""

from xapps.platform.rmr.counters import RmrCounters
from xapps.platform.rmr.endpoint import RmrEndpoint
from xapps.platform.rmr.message import NO_SUB_ID, RmrMessage, RmrState
from xapps.platform.rmr.route_sources import RouteSources
from xapps.platform.rmr.route_text import RouteEntry, table_text, update_text
from xapps.platform.rmr.settings import RmrSettings

__all__ = [
    "NO_SUB_ID",
    "RmrCounters",
    "RmrEndpoint",
    "RmrMessage",
    "RmrSettings",
    "RmrState",
    "RouteEntry",
    "RouteSources",
    "table_text",
    "update_text",
]

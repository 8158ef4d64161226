"""The service models that have codecs here, the likeliest first."""

from contracts.e2.models import ServiceModel

SERVICE_MODELS: tuple[ServiceModel, ...] = ()

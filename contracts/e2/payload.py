"""One kind of octet string that a service model puts into E2AP, both directions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

from contracts.e2.per import Codec, decode, encode
from contracts.errors import RanwrightError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Payload(Generic[T]):
    """An octet string of a service model in one version.

    Attributes:
        name: what messages call it, e.g. ``E2SM-KPM v2.01 indication message``.
        codec: its layout.
        suspects: what else such octets have been seen to be, each with the layout that tells.
    """

    name: str
    codec: Codec[T]
    suspects: Sequence[tuple[str, Codec[T]]] = ()

    def encode(self, value: T) -> bytes:
        """The octets of a value.

        Raises:
            RanwrightError: ``e2.unencodable``, outside the bounds, or not in this version.
        """
        return encode(self.codec, value)

    def decode(self, octets: bytes) -> T:
        """The value of octets.

        Raises:
            RanwrightError: ``e2.malformed``, with the field and the bit; ``e2.other_layout``
                where the octets are well-formed in another layout, which the message names.
        """
        try:
            return decode(self.codec, octets)
        except RanwrightError as error:
            for suspicion, codec in self.suspects:
                if _fits(codec, octets):
                    self._tell(suspicion, error)
            raise

    def _tell(self, suspicion: str, error: RanwrightError) -> NoReturn:
        raise RanwrightError(
            "e2.other_layout",
            f"This is no {self.name}: {error.message} The octets are well-formed as {suspicion}.",
            "Use the layout that the peer uses, or have the peer use that of the specification.",
        ) from error


def _fits(codec: Codec[T], octets: bytes) -> bool:
    try:
        return encode(codec, decode(codec, octets)) == octets
    except RanwrightError:
        return False

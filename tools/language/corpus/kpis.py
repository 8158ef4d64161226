"""Words for KPIs, in English and German, and what is usual to ask of them."""

from dataclasses import dataclass
from typing import Literal

from contracts.target import Aggregate, TargetKpi

Language = Literal["en", "de"]
Key = tuple[TargetKpi, Aggregate]

_MEAN, _P5, _P50, _P95 = Aggregate.MEAN, Aggregate.P5, Aggregate.P50, Aggregate.P95
_SUM, _MAX = Aggregate.SUM, Aggregate.MAX

ENGLISH: dict[Key, tuple[str, ...]] = {
    (TargetKpi.UE_THP_DL, _MEAN): (
        "([average|mean] (downlink|DL|download) (throughput|rate|speed|data rate|bitrate) [per (UE|user|subscriber)]|[mean] user throughput [in the downlink]|throughput|data rate|[average] DRB.UEThpDl|DL thp|rate users get in the downlink|goodput towards the UEs)",
    ),
    (TargetKpi.UE_THP_DL, _P5): (
        "((5th|fifth) percentile of [the] (downlink|DL) [user] (throughput|rate)|p5 [of the] (downlink|DL|user) (throughput|rate)|cell(-| )edge (throughput|rate|downlink throughput|download speed)|edge(-| )user (throughput|DL throughput)|(downlink|DL) (throughput|rate) (at the cell edge|of cell-edge users|of the slowest 5 % of UEs|of the weakest users)|5th-percentile (downlink throughput|DL rate|user rate))",
    ),
    (TargetKpi.UE_THP_DL, _P50): (
        "(median (downlink|DL|download) (throughput|rate|speed)|median user throughput|p50 [of the] (downlink|DL) (throughput|rate)|50th percentile of [the] (downlink|DL) (throughput|rate)|(downlink|DL) (throughput|rate) of the typical user)",
    ),
    (TargetKpi.UE_THP_UL, _MEAN): (
        "([average|mean] (uplink|UL|upload) (throughput|rate|speed|data rate|bitrate) [per (UE|user)]|[mean] user throughput in the uplink|[average] DRB.UEThpUl|UL thp|rate at which users can send)",
    ),
    (TargetKpi.UE_THP_UL, _P5): (
        "((5th|fifth) percentile of [the] (uplink|UL) [user] (throughput|rate)|p5 [of the] (uplink|UL) (throughput|rate)|cell(-| )edge (uplink|UL) (throughput|rate)|(uplink|UL) (throughput|rate) (at the cell edge|of cell-edge users|of the weakest users)|edge-user uplink rate|5th-percentile (uplink throughput|UL rate))",
    ),
    (TargetKpi.DELAY_DL, _MEAN): (
        "([average|mean] (downlink|DL) (latency|delay|packet delay)|[average|mean] (latency|delay|packet delay|air(-| )interface delay) [in the downlink]|[mean] DRB.AirIfDelayDl|lag on the way to the UE|waiting time of downlink packets)",
    ),
    (TargetKpi.DELAY_DL, _P95): (
        "(p95 [of the] [downlink|DL] (latency|delay)|95th(-| )percentile [of the] [downlink|DL] (latency|delay|packet delay)|(latency|delay) in the downlink at the 95th percentile|tail (latency|delay) (in the downlink|at p95))",
    ),
    (TargetKpi.DELAY_UL, _MEAN): (
        "([average|mean] (uplink|UL) (latency|delay|packet delay|air-interface delay)|[average|mean] (latency|delay) in the uplink|[mean] DRB.AirIfDelayUl|lag on the way up)",
    ),
    (TargetKpi.LOSS_DL, _MEAN): (
        "((downlink|DL) packet (drop rate|drop ratio|loss|discards)|[share of] dropped (downlink|DL) packets|RLC (drops|drop rate|packet drop rate)|DRB.RlcPacketDropRateDl|ratio of RLC SDUs dropped in the downlink|packet loss in the downlink)",
    ),
    (TargetKpi.LOSS_UL, _MEAN): (
        "((uplink|UL) packet (loss|loss rate|loss ratio)|[share of] lost (uplink|UL) packets|DRB.PacketLossRateUl|packet loss in the uplink|packets lost on the way up)",
    ),
    (TargetKpi.CONSUMED_POWER, _SUM): (
        "((power|electricity) (consumption|draw|usage|use)|electrical power|[mains] power drawn [by the radios]|PEE.AvgPower|energy use|wattage of the sites|consumed power)",
    ),
    (TargetKpi.ENERGY, _SUM): (
        "(energy (consumption|use) per (day|period|measurement period|interval)|energy consumed [per (day|period)]|PEE.Energy|kilowatt-hours [used] [per (day|period)]|electricity bill in kWh)",
    ),
    (TargetKpi.ENERGY_EFFICIENCY, _MEAN): (
        "([RAN] energy efficiency|RANEnergyEfficiency|data volume per unit of energy|bits (per joule|delivered per unit of energy)|efficiency in (Mbit per kWh|bits per joule))",
    ),
    (TargetKpi.TX_POWER, _SUM): (
        "([total|overall|summed|configured] (transmit|Tx|transmission|radiated|downlink transmit|RF output) power|Tx power|configuredMaxTxPower|[total] transmit power setting|radiated power)",
    ),
    (TargetKpi.WEAK_RSRP, _MEAN): (
        "((share|ratio|percentage|fraction) of (users|UEs) (with|in) (weak|poor|low) (RSRP|signal|coverage|reception)|WeakRSRPRatio|weak(-| )RSRP (ratio|share)|users with (weak|poor) (signal|coverage|RSRP)|coverage holes seen by users)",
    ),
    (TargetKpi.LOW_SINR, _MEAN): (
        "((share|ratio|percentage|fraction) of (users|UEs) (with|in) (low|poor|bad) SINR|LowSINRRatio|low(-| )SINR (ratio|share)|share of (users|UEs) suffering from interference|(users|UEs) with (low|poor) SINR|interference ratio)",
    ),
    (TargetKpi.PRB_LOAD_DL, _MEAN): (
        "([average|mean] [downlink|DL] PRB (load|utilisation|utilization|usage|occupancy)|[mean] RRU.PrbTotDl|[average] cell load|resource block (usage|utilisation) [in the downlink]|share of PRBs in use)",
    ),
    (TargetKpi.PRB_LOAD_DL, _MAX): (
        "((peak|maximum|highest) (PRB|cell) (load|utilisation)|(PRB load|load|PRB usage) (of|in) the (busiest|most loaded|fullest) cell|worst-cell PRB load)",
    ),
    (TargetKpi.CONNECTED_UES, _MEAN): (
        "([mean|average] number of (connected|RRC-connected) (users|UEs)|[mean|average] RRC connections|RRC.ConnMean|connected UEs per cell)",
    ),
    (TargetKpi.CONNECTED_UES, _MAX): (
        "(number of connected (users|UEs) in the (busiest|fullest|most crowded) cell|(maximum|peak|highest) number of (connected UEs|RRC connections) [in (any|a) cell])",
    ),
    (TargetKpi.HANDOVER_SUCCESS, _MEAN): (
        "((handover|HO) success [rate|ratio]|share of (successful handovers|handovers that succeed)|rate of successful (handovers|HOs)|handover reliability|handovers that work out)",
    ),
    (TargetKpi.LATE_HANDOVERS, _SUM): (
        "([number of] too(-| )late (handovers|HOs)|[number of] late handovers|handovers that come too late|HO.IntraSys.TooLate|count of too-late handovers)",
    ),
    (TargetKpi.BEAM_RSRP, _MEAN): (
        "([average|mean] (beam RSRP|SS-RSRP|RSRP of the (serving|best) beam)|[mean] L1-RSRP|[mean] beam (strength|quality)|signal level of the serving beam)",
    ),
    (TargetKpi.BEAM_RSRP, _P5): (
        "(p5 of [the] (SS-RSRP|beam RSRP|serving beam's RSRP)|(5th|fifth) percentile of [the] (SS-RSRP|beam RSRP)|5th-percentile (SS-RSRP|beam RSRP)|SS-RSRP of the weakest (UEs|users)|beam quality at p5)",
    ),
    (TargetKpi.BEAM_SWITCH_SUCCESS, _MEAN): (
        "(beam(-| )(switch|switching|change) success [rate|ratio]|success rate of beam (switches|changes|switching)|share of successful beam (switches|changes))",
    ),
}  # fmt: skip
"""Patterns of phrases without an article."""

GERMAN: dict[Key, tuple[str, ...]] = {
    (TargetKpi.UE_THP_DL, _MEAN): (
        "die ([mittlere|durchschnittliche] (Downlink-Rate|Downloadrate|Datenrate|Downlink-Datenrate|Download-Geschwindigkeit|Datenrate im Downlink) [pro (Nutzer|Teilnehmer)])",
        "der ([mittlere|durchschnittliche] (Downlink-Durchsatz|Durchsatz|Durchsatz im Downlink|Nutzerdurchsatz))/den ([mittleren|durchschnittlichen] (Downlink-Durchsatz|Durchsatz|Durchsatz im Downlink|Nutzerdurchsatz))",
    ),
    (TargetKpi.UE_THP_DL, _P5): (
        "das (5. Perzentil (des Downlink-Durchsatzes|der Downlink-Rate|der Downloadrate))",
        "die (Downlink-Rate am Zellrand|Zellrand-Datenrate [im Downlink]|Zellrandrate)",
        "der (Zellrand-Durchsatz [im Downlink]|Durchsatz am Zellrand)/den (Zellrand-Durchsatz [im Downlink]|Durchsatz am Zellrand)",
    ),
    (TargetKpi.UE_THP_DL, _P50): (
        "die (mediane (Downlink-Rate|Downloadrate|Datenrate im Downlink)|Median-Downlink-Rate)",
        "der (Median (des Downlink-Durchsatzes|der Downlink-Rate))/den (Median (des Downlink-Durchsatzes|der Downlink-Rate))",
    ),
    (TargetKpi.UE_THP_UL, _MEAN): (
        "die ([mittlere|durchschnittliche] (Uplink-Rate|Uploadrate|Datenrate im Uplink|Upload-Geschwindigkeit))",
        "der ([mittlere|durchschnittliche] (Uplink-Durchsatz|Durchsatz im Uplink))/den ([mittleren|durchschnittlichen] (Uplink-Durchsatz|Durchsatz im Uplink))",
    ),
    (TargetKpi.UE_THP_UL, _P5): (
        "das (5. Perzentil (des Uplink-Durchsatzes|der Uplink-Rate|der Uploadrate))",
        "die (Uplink-Rate am Zellrand|Zellrand-Datenrate im Uplink)",
    ),
    (TargetKpi.DELAY_DL, _MEAN): (
        "die ([mittlere|durchschnittliche] (Latenz|Downlink-Latenz|Latenz im Downlink|Verzögerung|Downlink-Verzögerung|Paketverzögerung [im Downlink]|Paketlaufzeit im Downlink))",
    ),
    (TargetKpi.DELAY_DL, _P95): (
        "das (95. Perzentil der (Latenz|Downlink-Latenz|Verzögerung im Downlink))",
        "die (p95-Latenz [im Downlink]|P95-Verzögerung [im Downlink]|Latenz im Downlink beim 95. Perzentil)",
    ),
    (TargetKpi.DELAY_UL, _MEAN): (
        "die ([mittlere|durchschnittliche] (Uplink-Latenz|Latenz im Uplink|Uplink-Verzögerung|UL-Latenz|Verzögerung im Uplink))",
    ),
    (TargetKpi.LOSS_DL, _MEAN): (
        "die (Paketverwurfsrate [im Downlink]|Verwurfsrate im Downlink|Downlink-Paketverlustrate|Rate verworfener Downlink-Pakete)",
        "der (Anteil verworfener (Downlink-Pakete|Pakete im Downlink)|Paketverlust im Downlink)/den (Anteil verworfener (Downlink-Pakete|Pakete im Downlink)|Paketverlust im Downlink)",
    ),
    (TargetKpi.LOSS_UL, _MEAN): (
        "die (Paketverlustrate im Uplink|Uplink-Paketverlustrate)",
        "der (Anteil verlorener Uplink-Pakete|Paketverlust im Uplink)/den (Anteil verlorener Uplink-Pakete|Paketverlust im Uplink)",
    ),
    (TargetKpi.CONSUMED_POWER, _SUM): (
        "die (elektrische Leistung|Leistungsaufnahme|Stromaufnahme|aufgenommene Leistung|elektrische Leistungsaufnahme)",
        "der (Stromverbrauch|Leistungsbedarf)/den (Stromverbrauch|Leistungsbedarf)",
    ),
    (TargetKpi.ENERGY, _SUM): (
        "der (Energieverbrauch pro (Tag|Messperiode|Periode))/den (Energieverbrauch pro (Tag|Messperiode|Periode))",
        "die (verbrauchte Energie pro (Tag|Periode))",
    ),
    (TargetKpi.ENERGY_EFFICIENCY, _MEAN): ("die (Energieeffizienz [des RAN])",),
    (TargetKpi.TX_POWER, _SUM): (
        "die ([gesamte|eingestellte] Sendeleistung|Summe der Sendeleistung|abgestrahlte Leistung)",
    ),
    (TargetKpi.WEAK_RSRP, _MEAN): (
        "der (Anteil der (Nutzer|Teilnehmer|UEs) mit (schwachem Signal|schwachem RSRP|schlechtem Empfang))/den (Anteil der (Nutzer|Teilnehmer|UEs) mit (schwachem Signal|schwachem RSRP|schlechtem Empfang))",
    ),
    (TargetKpi.LOW_SINR, _MEAN): (
        "der (Anteil der (Nutzer|Teilnehmer|UEs) mit (niedrigem|schlechtem) SINR)/den (Anteil der (Nutzer|Teilnehmer|UEs) mit (niedrigem|schlechtem) SINR)",
    ),
    (TargetKpi.PRB_LOAD_DL, _MEAN): (
        "die ([mittlere|durchschnittliche] (PRB-Auslastung|PRB-Last|Zellauslastung) [im Downlink])",
    ),
    (TargetKpi.PRB_LOAD_DL, _MAX): (
        "die (Last der vollsten Zelle|PRB-Auslastung der am stärksten belasteten Zelle|höchste Zelllast)",
    ),
    (TargetKpi.CONNECTED_UES, _MEAN): (
        "die ([mittlere|durchschnittliche] (Zahl|Anzahl) (verbundener|der verbundenen) (Nutzer|UEs))",
    ),
    (TargetKpi.CONNECTED_UES, _MAX): (
        "die ((Zahl|Anzahl) verbundener (Nutzer|UEs) in der vollsten Zelle)",
    ),
    (TargetKpi.HANDOVER_SUCCESS, _MEAN): (
        "die (Handover-Erfolgsrate|Erfolgsquote der Handover|Erfolgsrate bei Handovern)",
        "der (Anteil (erfolgreicher|gelungener) Handover)/den (Anteil (erfolgreicher|gelungener) Handover)",
    ),
    (TargetKpi.LATE_HANDOVERS, _SUM): ("die ((Zahl|Anzahl) (zu später|verspäteter) Handover)",),
    (TargetKpi.BEAM_RSRP, _MEAN): ("der ([mittlere] SS-RSRP)/den ([mittleren] SS-RSRP)",),
    (TargetKpi.BEAM_RSRP, _P5): ("das (5. Perzentil des SS-RSRP)",),
    (TargetKpi.BEAM_SWITCH_SUCCESS, _MEAN): (
        "die (Erfolgsrate der Beamwechsel|Beamwechsel-Erfolgsrate)",
    ),
}  # fmt: skip
"""Patterns with their article; before the stroke as a subject, after it as an object."""

UNCLEAR: dict[Language, tuple[str, ...]] = {
    "en": (
        "quality", "the user experience", "performance", "power", "service", "signal",
        "network quality", "the service level", "customer experience", "the KPIs", "the experience",
    ),
    "de": (
        "die Leistung", "die Qualität", "die Netzqualität", "die Performance", "das Nutzererlebnis",
        "die Dienstgüte",
    ),
}  # fmt: skip
"""Words that name no KPI, or more than one."""


@dataclass(frozen=True)
class Usual:
    """Levels that are asked for, in the KPI's unit, and differences."""

    levels: tuple[float, ...]
    differences: tuple[float, ...]


_RATES = Usual((2, 3, 5, 8, 12, 16, 20, 30, 45, 80, 120, 400), (1, 2, 3, 5, 10, 15))
_DELAYS = Usual((3, 5, 8, 12, 18, 20, 25, 40, 60, 100), (0.5, 1, 2, 3, 5))
_SHARES = Usual((0.1, 0.5, 1, 2, 3, 5, 8, 10), (0.1, 0.2, 0.5, 1, 2))
_LOADS = Usual((30, 45, 55, 65, 70, 75, 85, 90), (2, 5, 10, 15))
_SUCCESSES = Usual((90, 92, 95, 96.5, 98, 99, 99.5), (0.5, 1, 1.5, 2, 3))
_WATTS = Usual((40, 80, 250, 400, 750, 1200, 2000, 5000), (10, 50, 150, 300, 700))

USUAL: dict[TargetKpi, Usual] = {
    TargetKpi.UE_THP_DL: _RATES,
    TargetKpi.UE_THP_UL: _RATES,
    TargetKpi.DELAY_DL: _DELAYS,
    TargetKpi.DELAY_UL: _DELAYS,
    TargetKpi.LOSS_DL: _SHARES,
    TargetKpi.LOSS_UL: _SHARES,
    TargetKpi.CONSUMED_POWER: _WATTS,
    TargetKpi.ENERGY: Usual((15, 25, 60, 110, 300), (1, 4, 12, 30)),
    TargetKpi.ENERGY_EFFICIENCY: Usual((5_000, 20_000, 36_000, 90_000), (500, 1_800, 4_000)),
    TargetKpi.TX_POWER: Usual((5, 15, 25, 60, 90), (2, 4, 8, 12)),
    TargetKpi.WEAK_RSRP: _SHARES,
    TargetKpi.LOW_SINR: _SHARES,
    TargetKpi.PRB_LOAD_DL: _LOADS,
    TargetKpi.CONNECTED_UES: Usual((15, 40, 60, 90, 150, 220), (5, 10, 25)),
    TargetKpi.HANDOVER_SUCCESS: _SUCCESSES,
    TargetKpi.LATE_HANDOVERS: Usual((0, 3, 10, 25, 40), (2, 5, 12)),
    TargetKpi.BEAM_RSRP: Usual((-112, -106, -101, -97, -92, -84), (1, 2, 4, 6)),
    TargetKpi.BEAM_SWITCH_SUCCESS: _SUCCESSES,
}

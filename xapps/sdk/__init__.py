"""What our xApps share: E2 over RMR and the subscription manager, typed.

:mod:`~xapps.sdk.e2` subscribes and controls in E2AP; :mod:`~xapps.sdk.gnb` speaks KPM and CCC with
a node. Both work on any :class:`~xapps.sdk.messenger.Messenger`; that of an xApp is
:class:`~xapps.sdk.framework.FrameworkMessenger`, on a plain ``ricxappframe`` xApp.
"""

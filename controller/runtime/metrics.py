"""Every metric of the program, in base units and with labels of low cardinality.

The names are public: alert rules and dashboards under ``deploy/`` speak of them.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

WAIT_BUCKETS_S = (30, 60, 120, 300, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200)
GLASS_BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
COMMIT_BUCKETS_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)
LAG_BUCKETS_S = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 90)


class Metrics:
    """The metrics of one controller, in a registry of their own so that a process (or a test) may hold several."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"yichuang_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"yichuang_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"yichuang_{name}", text, labels, registry=registry, buckets=buckets)

        self.tickets = counter("tickets_total", "Tickets issued", "hall", "lane", "channel")
        self.calls = counter("calls_total", "Tickets called", "hall", "window")
        self.recalls = counter("recalls_total", "Calls repeated", "hall", "window")
        self.no_shows = counter("no_shows_total", "Tickets passed because nobody came", "hall", "window")
        self.finished = counter("services_total", "Services given", "hall", "window")
        self.reviews = counter("reviews_total", "Reviews by level, 5 is best", "hall", "level")
        self.entered = counter("people_entered_total", "People whom the counters at the doors saw come in", "hall")
        self.help_calls = gauge("help_calls", "Help buttons that were pressed and nobody has answered yet", "hall")
        self.refusals = counter("refusals_total", "Commands that the floor refused, by code", "code")
        self.waiting = gauge("waiting_tickets", "Tickets that wait now", "hall", "lane")
        self.wait_s = histogram("wait_seconds", "Time from arrival to call", WAIT_BUCKETS_S, "hall", "lane")
        self.service_s = histogram("service_seconds", "Time at the window", WAIT_BUCKETS_S, "hall", "window")
        self.people_wait_s = counter(
            "people_wait_seconds_total", "Person-seconds waited while a capable window stood unmanned or away", "hall"
        )
        self.windows_wait_s = counter(
            "windows_wait_seconds_total", "Clerk-seconds idle while open with nobody to serve", "hall", "window"
        )
        self.press_to_glass_s = histogram(
            "press_to_glass_seconds", "From a clerk's press to the display that shows it", GLASS_BUCKETS_S, "hall"
        )
        self.commit_s = histogram("commit_seconds", "Time of a durable commit of the log", COMMIT_BUCKETS_S)
        self.committed_events = counter("committed_events_total", "Events written to the log")
        self.append_conflicts = counter("append_conflicts_total", "Appends that met another controller's")
        self.log_up = gauge("log_up", "1 while the event log can be written")
        self.mqtt_events = counter("mqtt_events_total", "Device events by result", "result")
        self.mqtt_limited = counter(
            "mqtt_limited_total", "Device events that were more than a device may say, by its kind", "kind"
        )
        self.broker_up = gauge("broker_up", "1 while the controller is connected to its broker")
        self.device_online = gauge("device_online", "1 while a device is online", "hall", "device", "kind")
        self.device_orders = counter("device_orders_total", "Orders to devices by what they said of them", "result")
        self.device_alerts = gauge("device_alerts", "Devices with an alert raised now", "hall", "fault", "severity")
        self.device_alerts_raised = counter("device_alerts_raised_total", "Alerts of devices raised", "fault")
        self.receipt_jobs = gauge("receipt_jobs", "Print jobs of today by state", "hall", "state")
        self.announcement_lag_s = histogram(
            "announcement_lag_seconds", "From a call to its announcement", LAG_BUCKETS_S, "hall"
        )
        self.announcements_dropped = counter("announcements_dropped_total", "Announcements not made", "reason")
        self.voice_up = gauge("voice_up", "1 while the voice engine speaks")
        self.voice_failures = counter("voice_failures_total", "Clips that could not be made")
        self.displays = gauge("displays_connected", "Displays connected now", "hall")
        self.displays_dropped = counter("displays_dropped_total", "Displays closed by the controller", "reason")
        self.cases = counter("cases_total", "Cases that came to a state", "hall", "state")
        self.cases_overdue = gauge(
            "cases_overdue", "Cases accepted, not completed, and past their promised day", "hall"
        )
        self.cases_near = gauge("cases_near_deadline", "Cases promised for today or the next working day", "hall")
        self.rectifications = gauge("rectifications", "Rectifications of bad reviews by state", "hall", "state")
        self.rectifications_overdue = gauge(
            "rectifications_overdue", "Rectifications that have not ended and are past their day", "hall"
        )
        self.rectification_steps = counter("rectification_steps_total", "Steps of rectifications", "hall", "step")
        self.sink_failures = counter("sink_failures_total", "Effects of committed events that failed")

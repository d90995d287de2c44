"""CloudWatch: the metrics of a run, the template's alarms and its dashboard."""

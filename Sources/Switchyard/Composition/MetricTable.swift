import Gateway
import PrometheusExporter

/// Every metric of `/metrics` with its meaning and unit (ledger SLO-07). Tests hold it against what the engine records, the
/// rules and the dashboard of `scripts/deploy`, and the page `scripts/deploy/METRICS.md`.
enum MetricTable {
    static let all: [MetricDescription] =
        GatewayService.metricDescriptions + BreakerMetrics.descriptions + SnapshotMetrics.descriptions
        + ProcessFigures.descriptions + readings + stores + response + others

    private static let readings: [MetricDescription] = [
        .init("energy_readings_received_total", "Readings decoded or refused, from all senders."),
        .init("energy_readings_accepted_total", "Readings that are durable."),
        .init("energy_readings_stored_total", "Readings written to the series store."),
        .init("energy_readings_duplicate_total", "Readings that were stored before."),
        .init("energy_readings_late_total", "Readings that came after their window had closed."),
        .init("energy_readings_clock_skewed_total", "Readings refused for lying ahead of our clock."),
        .init("energy_readings_too_old_total", "Readings refused for their age."),
        .init("energy_readings_rejected_total", "Readings refused, with their sender told why."),
        .init("energy_readings_spooled_total", "Readings put into the local queue because the log took none."),
        .init("energy_readings_drained_total", "Readings moved from the local queue to the log."),
        .init("energy_readings_redelivered_total", "Readings that came again from the log and were passed over."),
        .init("energy_deliveries_refused_total", "Deliveries that were not acknowledged and must come again."),
        .init("energy_meters_registered_total", "Meters registered by themselves."),
        .init("energy_backfills_requested_total", "Meters asked for readings that are missing."),
        .init("energy_duplicate_write_ratio", "Share of stored readings that were there before, 0 to 1 (AGG-09)."),
        .init("energy_rollups_stored_total", "Rollups written to the series store."),
        .init("energy_late_recomputes_total", "Meter hours whose rollups were worked anew."),
        .init("energy_append_to_stored_seconds", "From the append to the log to the stored rollup, in seconds."),
    ]

    private static let stores: [MetricDescription] = [
        .init("energy_log_append_seconds", "One append to the event log, in seconds."),
        .init("energy_log_lag_readings", "Readings in the log that aggregation has not stored."),
        .init("energy_log_partition_lag_readings", "The same by topic and partition."),
        .init("energy_log_dropped_unconsumed_total", "Records that retention took before they were consumed."),
        .init("energy_queue_bytes", "Bytes that wait in a queue."),
        .init("energy_queue_items", "Messages that wait in a queue."),
        .init("energy_series_writes_total", "Writes to the series store, attempts included."),
        .init("energy_series_write_errors_total", "Writes to the series store that failed."),
        .init("energy_series_write_seconds", "One write to the series store, in seconds."),
        .init("energy_series_query_seconds", "One question to the series store, in seconds."),
        .init("energy_series_verified_total", "Readings read back and compared after a write (TSDB-04)."),
        .init("energy_series_mismatches_total", "Readings read back that differed."),
        .init("energy_dead_letters_total", "Messages that became dead letters."),
        .init("energy_dead_letters_replayed_total", "Dead letters sent to processing again."),
        .init("energy_records_poison_total", "Records of the log that could not be decoded."),
        .init("kafka_poison_messages_total", "The same by topic; the ledger's name, whichever log it is."),
    ]

    private static let response: [MetricDescription] = [
        .init("energy_dr_notifications_total", "Notifications of utilities."),
        .init("energy_dr_notifications_repeated_total", "Notifications that came again and were answered as before."),
        .init("energy_dr_notifications_refused_total", "Notifications told to come again later."),
        .init("energy_dr_notifications_malformed_total", "Notifications that are no event."),
        .init("energy_dr_notifications_ignored_total", "Notifications that change nothing."),
        .init("energy_dr_events_total", "Demand-response events begun."),
        .init("energy_dr_transitions_total", "Transitions of events, legs and commands stored."),
        .init("energy_dr_arrival_to_planned_seconds", "From a notification's arrival to its stored plan (DR-23)."),
        .init("energy_dr_building_call_seconds", "One call to a building, in seconds (BMS-17)."),
        .init("energy_dr_building_calls_total", "Calls to buildings."),
        .init("energy_dr_building_timeouts_total", "Calls to buildings without an answer."),
        .init("energy_dr_building_calls_slow_total", "Calls to buildings that took longer than `bms.slow_call`."),
        .init("energy_dr_commands_failed_total", "Commands to buildings that failed for good."),
        .init("energy_dr_watchdog_releases_total", "Points given back by the watchdog."),
        .init("energy_dr_under_deliveries_total", "Times that less than 80 % of a target was met (DR-18)."),
        .init("energy_dr_discrepancies_total", "Times that commands and meters differed by over 10 %."),
        .init("energy_forecast_run_seconds", "One run of forecasts over the fleet, in seconds."),
        .init("energy_forecast_fit_seconds", "One facility's fit, in seconds."),
        .init("energy_forecasts_buffered_total", "Forecasts kept in the log while their store was away."),
        .init("energy_forecasts_lost_total", "Forecasts that could be kept nowhere."),
    ]

    private static let others: [MetricDescription] = [
        .init(
            "energy_cache_requests_total", "Questions for current values by outcome: hit, early, stale, miss or failed."
        ),
        .init("energy_operations_timed_out_total", "Waits that ran into their limit, all together."),
        .init("dependency_health_check_failures_total", "Failed checks of a dependency (HEALTH-06)."),
        .init(
            "energy_trace_span_over_budget_total", "Spans longer than their budget, by component and name (TRACE-08)."),
        .init("energy_traces_spans_over_budget_total", "The same, all together."),
        .init("energy_traces_spans_stored_total", "Spans kept in the local store."),
        .init("energy_traces_spans_lost_total", "Spans that had to go for want of room."),
        .init("energy_traces_spans_exported_total", "Spans that the trace collector took."),
        .init("energy_traces_spans_not_exported_total", "Spans that the trace collector did not take."),
        .init("energy_process_resident_bytes", "Memory of this process that is in RAM, in bytes."),
        .init("energy_metrics_observations_dropped_total", "Observations without a place, by metric."),
    ]
}

extension Migration {
    /// Signatures of participation reports, and what of them is owed to utilities.
    static let reportDeliveries = Migration(
        5, "signatures and deliveries of participation reports",
        up: """
            ALTER TABLE participation_reports ADD COLUMN signature TEXT;
            CREATE TABLE report_deliveries (
                report INTEGER PRIMARY KEY REFERENCES participation_reports (number), state TEXT NOT NULL,
                at INTEGER NOT NULL, note TEXT NOT NULL);
            CREATE INDEX report_deliveries_owed ON report_deliveries (report) WHERE state = 'owed';
            """,
        down: """
            DROP TABLE report_deliveries;
            ALTER TABLE participation_reports DROP COLUMN signature;
            """)
}

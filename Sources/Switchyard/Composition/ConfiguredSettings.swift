import EmbeddedStore
import Engine
import Gateway
import MQTTFeed

/// The configuration as the rooms take it. What is switched off is nil.
struct ConfiguredSettings: Sendable {
    let engine: EngineSettings
    let store: EmbeddedStoreOptions
    let feed: MQTTFeedSettings?
    let gateway: GatewayConfiguration?
    let access: AccessSettings

    /// Throws a sentence for a URL, an address or a list that is none; everything else the loader has checked.
    init(_ settings: Settings, mode: String) throws {
        engine = try EngineSettings(settings, mode: mode)
        store = EmbeddedStoreOptions(settings)
        feed = try MQTTFeedSettings(settings)
        gateway = try GatewayConfiguration(settings)
        access = try AccessSettings(settings)
    }
}

import Testing

@testable import Switchyard

@Suite("Secret settings")
struct SecretSettingsTests {
    private func complaint(_ change: (inout SettingsLoader) -> Void) -> String {
        var loader = SettingsLoader()
        change(&loader)
        do {
            _ = try loader.load()
            return ""
        } catch {
            return error.description
        }
    }

    @Test(
        "what is shown of a setting holds no secret",
        arguments: [
            ("mqtt.password", "canary", "(secret)"), ("mqtt.password", "", ""),
            ("mqtt.urls", "mqtt://a:canary@h:1883,mqtts://h2", "mqtt://a:(secret)@h:1883,mqtts://h2"),
            ("mqtt.urls", "mqtt://a@h", "mqtt://a@h"), ("mqtt.urls", "mqtt://a:can@ary@h", "mqtt://a:(secret)@h"),
            ("mqtt.urls", "mqtt://a:can/ary@h", "mqtt://a:(secret)@…"),
            ("mqtt.urls", "mqtt://a:can", "mqtt://a:(secret)@…"),
            ("mqtt.urls", "mqtt://[::1]:1883", "mqtt://[::1]:1883"),
            ("callback.url", "https://h/hooks/canary?x=1", "https://h/(secret)"),
            ("callback.url", "https://h/", "https://h/"),
            ("escalation.url", "https://h?canary", "https://h/(secret)"),
            ("vtn.url", "https://u:canary@h:8443/openadr?k=canary", "https://u:(secret)@h:8443/openadr?(secret)"),
            ("data.directory", "/var/lib/a:b@c", "/var/lib/a:b@c"),
        ])
    func shown(key: String, text: String, expected: String) throws {
        let setting = try #require(SettingTable.byKey[key])
        #expect(setting.shown(text) == expected)
    }

    @Test("a command line takes no secret, only the name of a file that holds one")
    func flags() {
        let refused = [
            ("webhook.tokens", "a=canary"), ("mqtt.password", "canary"), ("mqtt.urls", "mqtt://h,mqtt://u:canary@h"),
        ]
        for (key, value) in refused {
            let text = complaint { $0.flags = [key: ("--set", value)] }
            #expect(text.contains("\(key) holds a secret") && !text.contains("canary"), "\(text)")
        }
        let text = complaint { loader in
            loader.flags = ["mqtt.password": ("--set", "file:/run/secret"), "mqtt.urls": ("--mqtt", "mqtt://u@h")]
            loader.readSecret = { _ in "canary" }
        }
        #expect(text.isEmpty)
    }

    @Test("a file that others can read holds no secret; other settings and names of secret files may stand there")
    func openFile() {
        let secret = "callback:\n  secret: canary\nmqtt:\n  urls: mqtt://u:canary@h\n"
        let open = complaint { loader in
            loader.file = ("c.yaml", secret)
            loader.isFileOpen = true
        }
        #expect(open.contains("c.yaml:2: callback.secret holds a secret") && open.contains("c.yaml:4: mqtt.urls"))
        #expect(open.contains("chmod 600 c.yaml") && !open.contains("canary"))
        #expect(complaint { $0.file = ("c.yaml", secret) }.isEmpty)
        let plain = complaint { loader in
            loader.file = ("c.yaml", "callback:\n  secret: file:/run/secret\n  url: http://h/x\n")
            loader.isFileOpen = true
            loader.readSecret = { _ in "canary" }
        }
        #expect(plain.isEmpty)
    }

    @Test(
        "mistakes in the file are told by line, never with what stands there",
        arguments: [
            ("callback:\n  secret: \"canary\nmqtt: [\n", "c.yaml:"), ("callback:\n\tsecret: canary\n", "YAML, line 2"),
            ("callback:\n  secret: canary\n  secret: canary2\n", "c.yaml:"),
            ("callback:\n  secret:\n    - canary: 1\n", "c.yaml:2: callback.secret must be a single value"),
        ])
    func mistakes(text: String, expected: String) {
        let found = complaint { $0.file = ("c.yaml", text) }
        #expect(found.contains(expected) && !found.contains("canary"), "\(found)")
    }
}

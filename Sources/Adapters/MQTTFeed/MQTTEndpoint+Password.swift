extension MQTTEndpoint {
    /// This endpoint with a password from elsewhere, unless its URL has one.
    package func with(password: String) -> MQTTEndpoint {
        guard self.password == nil else { return self }
        return MQTTEndpoint(host: host, port: port, usesTLS: usesTLS, user: user, password: password)
    }
}

/// How an object of the plain form was laid out: its keys in their order, and the bytes between one value and the next.
/// A sender writes all its objects alike, so the next one can be told by comparing words instead of reading keys.
struct ObjectForm: Sendable {
    /// What stands before a value, an opening quote included. At most `capacity` bytes; those beyond `length` are masked.
    struct Joint: Sendable {
        static let capacity = 24
        let words: (UInt64, UInt64, UInt64)
        let masks: (UInt64, UInt64, UInt64)
        let length: Int
        let key: ReadingKey

        init(_ bytes: FlatBytes, from start: Int, length: Int, key: ReadingKey) {
            words = (bytes.word(start), bytes.word(start + 8), bytes.word(start + 16))
            masks = (Self.mask(length), Self.mask(length - 8), Self.mask(length - 16))
            self.length = length
            self.key = key
        }

        private static func mask(_ length: Int) -> UInt64 {
            length >= 8 ? .max : length <= 0 ? 0 : 1 << UInt64(8 * length) - 1
        }
    }

    /// None: nothing learnt yet. No key stands twice.
    private(set) var joints: [Joint] = []

    mutating func forget() { joints.removeAll(keepingCapacity: true) }

    /// Adds the joint that ends before `end`; false when it is too long to be told.
    mutating func learn(_ bytes: FlatBytes, from start: Int, to end: Int, key: ReadingKey) -> Bool {
        guard end - start <= Joint.capacity else { return false }
        joints.append(Joint(bytes, from: start, length: end - start, key: key))
        return true
    }
}

/// A stretch of pseudo-English sentences from which comments are cut at random offsets.
///
/// Source: TPC Benchmark H specification, clauses 4.2.2.10 and 4.2.2.14.
final class TPCHTextPool {
  /// Large enough that comments repeat rarely, small enough to make in a tenth of a second.
  static let byteCount: Int = 16 << 20
  let bytes: UnsafePointer<UInt8>

  init(seed: UInt64) {
    var builder = Builder(random: RandomSource(seed: seed, stream: 100))
    builder.text.reserveCapacity(Self.byteCount + 1_024)
    while builder.text.count < Self.byteCount { builder.sentence() }
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.byteCount)
    builder.text.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { copy.update(from: base, count: Self.byteCount) }
    }
    bytes = UnsafePointer(copy)
  }

  deinit {
    bytes.deallocate()
  }

  /// A cut of `low` to `high` bytes.
  func cut(
    _ low: Int, _ high: Int, _ random: inout RandomSource
  ) -> (start: UnsafePointer<UInt8>, count: Int) {
    let count = random.between(low, high)
    return (bytes + random.below(Self.byteCount - count), count)
  }

  /// The grammar: a sentence is built of noun phrases, verb phrases and prepositional phrases.
  private struct Builder {
    var text: [UInt8] = []
    var random: RandomSource
    private let nouns = WordTable(TPCHVocabulary.nouns)
    private let verbs = WordTable(TPCHVocabulary.verbs)
    private let adjectives = WordTable(TPCHVocabulary.adjectives)
    private let adverbs = WordTable(TPCHVocabulary.adverbs)
    private let prepositions = WordTable(TPCHVocabulary.prepositions)
    private let auxiliaries = WordTable(TPCHVocabulary.auxiliaries)
    private let terminators = WordTable(TPCHVocabulary.terminators)

    init(random: RandomSource) {
      self.random = random
    }

    mutating func sentence() {
      let shape = random.below(11)
      nounPhrase()
      if shape >= 9 { prepositionalPhrase() }
      verbPhrase()
      if (3..<6).contains(shape) || shape == 10 { prepositionalPhrase() }
      if (6..<10).contains(shape) { nounPhrase() }
      append(terminators)
    }

    private mutating func nounPhrase() {
      let shape = random.below(9)
      if shape < 5 {
        if shape == 0 {
          append(adjectives)
          text.append(0x2C)
        }
        if shape == 1 { append(adverbs) }
        append(adjectives)
      } else if shape < 8 {
        append(adverbs)
        append(adjectives)
      }
      append(nouns)
    }

    private mutating func verbPhrase() {
      let shape = random.below(72)
      if shape == 0 || shape == 71 { append(auxiliaries) }
      append(verbs)
      if shape > 30 { append(adverbs) }
    }

    private mutating func prepositionalPhrase() {
      append(prepositions)
      text.append(contentsOf: [0x20, 0x74, 0x68, 0x65])
      nounPhrase()
    }

    /// A word after a space; marks follow their word at once.
    private mutating func append(_ table: WordTable) {
      let word = table.pick(&random)
      if let first = word.first, first >= 0x61 || first == 0x54 { text.append(0x20) }
      text.append(contentsOf: word)
    }
  }
}

/// Words to pick from, each as often as its weight.
struct WordTable {
  private let words: [[UInt8]]
  /// One entry per unit of weight.
  private let choices: [Int]

  init(_ weighted: [(String, Int)]) {
    words = weighted.map { Array($0.0.utf8) }
    choices = weighted.indices.flatMap { Array(repeating: $0, count: weighted[$0].1) }
  }

  init(_ texts: [String]) {
    self.init(texts.map { ($0, 1) })
  }

  func pick(_ random: inout RandomSource) -> [UInt8] {
    words[choices[random.below(choices.count)]]
  }

  subscript(_ index: Int) -> [UInt8] { words[index] }
}

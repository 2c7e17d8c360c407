/// The word lists and constants of TPC-H, with the weights its text grammar gives them.
///
/// Source: TPC Benchmark H specification 2.17, clauses 4.2.2 and 4.2.3.
enum TPCHVocabulary {
  static let colours: [String] = words(
    """
    almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished \
    chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick \
    floral forest frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender \
    lawn lemon light lime linen magenta maroon medium metallic midnight mint misty moccasin navajo navy \
    olive orange orchid pale papaya peach peru pink plum powder puff purple red rose rosy royal saddle \
    salmon sandy seashell sienna sky slate smoke snow spring steel tan thistle tomato turquoise violet wheat \
    white yellow
    """)
  static let typeSizes: [String] = words("STANDARD SMALL MEDIUM LARGE ECONOMY PROMO")
  static let typeFinishes: [String] = words("ANODIZED BURNISHED PLATED POLISHED BRUSHED")
  static let typeMetals: [String] = words("TIN NICKEL BRASS STEEL COPPER")
  static let containerSizes: [String] = words("SM LG MED JUMBO WRAP")
  static let containerKinds: [String] = words("CASE BOX BAG JAR PKG PACK CAN DRUM")
  static let segments: [String] = words("AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD")
  static let priorities: [String] = ["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"]
  static let instructions: [String] = [
    "DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN",
  ]
  static let modes: [String] = ["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"]
  static let regions: [String] = ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"]
  static let nations: [(name: String, region: Int)] = [
    ("ALGERIA", 0), ("ARGENTINA", 1), ("BRAZIL", 1), ("CANADA", 1), ("EGYPT", 4), ("ETHIOPIA", 0),
    ("FRANCE", 3), ("GERMANY", 3), ("INDIA", 2), ("INDONESIA", 2), ("IRAN", 4), ("IRAQ", 4),
    ("JAPAN", 2), ("JORDAN", 4), ("KENYA", 0), ("MOROCCO", 0), ("MOZAMBIQUE", 0), ("PERU", 1),
    ("CHINA", 2), ("ROMANIA", 3), ("SAUDI ARABIA", 4), ("VIETNAM", 2), ("RUSSIA", 3),
    ("UNITED KINGDOM", 3), ("UNITED STATES", 1),
  ]

  /// Words with a weight; a word without one weighs 1, `_` stands for a space.
  static let nouns: [(String, Int)] = weighted(
    """
    packages:40 requests:40 accounts:40 deposits:40 foxes:20 ideas:20 theodolites:20 pinto_beans:20 \
    instructions:20 dependencies:10 excuses:10 platelets:10 asymptotes:10 courts:5 dolphins:5 multipliers \
    sauternes warthogs frets dinos attainments somas Tiresias patterns forges braids frays warhorses dugouts \
    notornis epitaphs pearls tithes waters orbits gifts sheaves depths sentiments decoys realms pains \
    grouches escapades hockey_players
    """)
  static let verbs: [(String, Int)] = weighted(
    """
    sleep:20 wake:20 are:20 cajole:20 haggle:20 nag:10 use:10 boost:10 affix:5 detect:5 integrate:5 maintain \
    nod was lose sublate solve thrash promise engage hinder print x-ray breach eat grow impress mold poach \
    serve run dazzle snooze doze unwind kindle play hang believe doubt
    """)
  static let adjectives: [(String, Int)] = weighted(
    """
    special:20 pending:20 unusual:20 express:20 furious sly careful blithe quick fluffy slow quiet ruthless \
    thin close dogged daring bold:21 stealthy permanent enticing idle busy regular:50 final:40 ironic:40 \
    even:30 silent:10
    """)
  static let adverbs: [(String, Int)] = weighted(
    """
    sometimes always never furiously:50 slyly:50 carefully:50 blithely:40 quickly:30 fluffily:20 slowly \
    quietly ruthlessly thinly closely doggedly daringly boldly stealthily permanently enticingly idly busily \
    regularly finally ironically evenly silently
    """)
  static let prepositions: [(String, Int)] = weighted(
    """
    about:50 above:50 according_to:50 across:50 after:50 against:40 along:40 alongside_of:30 among:30 \
    around:20 at:10 atop before behind beneath beside besides between beyond by despite during except for \
    from in_place_of inside instead_of into near of on outside over past since through throughout to toward \
    under until up upon without with within
    """)
  static let auxiliaries: [(String, Int)] = weighted(
    """
    do may might shall will would can could should ought_to must will_have_to shall_have_to could_have_to \
    should_have_to must_have_to need_to try_to
    """)
  static let terminators: [(String, Int)] = [
    (".", 50), (";", 1), (":", 1), ("?", 1), ("!", 1), ("--", 1),
  ]

  private static func words(_ text: String) -> [String] {
    text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init)
  }

  private static func weighted(_ text: String) -> [(String, Int)] {
    words(text).map { item in
      let parts = item.split(separator: ":")
      let word = String(parts[0].map { $0 == "_" ? " " : $0 })
      return (word, parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }
  }
}

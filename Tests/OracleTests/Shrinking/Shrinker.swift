/// Cuts a failing query down while it still fails.
enum Shrinker {
  /// - Parameter stillFails: whether a candidate shows the same fault.
  static func shrink(
    _ query: Fragment, attempts limit: Int = 600, stillFails: (String) -> Bool
  ) -> Fragment {
    var best = query
    var attempts = 0
    var isSmaller = true
    while isSmaller {
      isSmaller = false
      for candidate in candidates(best) {
        let text = candidate.text
        if text.utf8.count >= best.text.utf8.count { continue }
        attempts += 1
        if attempts > limit { return best }
        if stillFails(text) {
          best = candidate
          isSmaller = true
          break
        }
      }
    }
    return best
  }

  /// Smaller trees, the boldest cuts first.
  static func candidates(_ query: Fragment) -> [Fragment] {
    var result: [Fragment] = []
    query.walk { path, part in
      let place = path[...]
      if part.isOptional, !path.isEmpty {
        if let cut = query.replacing(place, { _ in nil }) { result.append(cut) }
      }
      if part.separator != nil, part.pieces.count > 1 {
        for index in part.pieces.indices {
          let cut = query.replacing(place) { old in
            var fresh = old
            fresh.pieces.remove(at: index)
            return fresh
          }
          if let cut { result.append(cut) }
        }
      }
      if part.sort != .other {
        part.walk { inner, descendant in
          if inner.isEmpty || inner.count > 3 || descendant.sort != part.sort { return }
          if let cut = query.replacing(place, { _ in descendant }) { result.append(cut) }
        }
        for text in part.sort.simplest {
          if let cut = query.replacing(place, { _ in Fragment(part.sort, "\(text)") }) {
            result.append(cut)
          }
        }
      }
    }
    return result
  }
}

/// What is kept about the rows of a frame while its bounds move.
protocol SlidingContent {
  mutating func add(_ place: Int)
  mutating func remove(_ place: Int)
}

/// A frame that moves from one place to the next, adding and removing the rows in between.
struct SlidingFrame {
  private var window = 0..<0

  /// Rows to add and remove in all, when frames are visited in order.
  static func distance(_ frames: UniqueFrames) -> Int {
    var last = 0..<0
    var total = 0
    for frame in 0..<frames.count {
      let range = frames.ranges(of: frame).0
      if range.lowerBound >= last.upperBound || range.upperBound <= last.lowerBound {
        total += last.count + range.count
      } else {
        total +=
          Swift.abs(range.lowerBound - last.lowerBound)
          + Swift.abs(range.upperBound - last.upperBound)
      }
      last = range
    }
    return total
  }

  /// Frames that only move forward cost each row one addition and one removal in all.
  mutating func move<Content: SlidingContent>(
    to range: Range<Int>, _ content: inout Content
  ) {
    var (low, high) = (window.lowerBound, window.upperBound)
    if range.lowerBound >= high || range.upperBound <= low {
      for place in window { content.remove(place) }
      (low, high) = (range.lowerBound, range.lowerBound)
    }
    while low > range.lowerBound {
      low -= 1
      content.add(low)
    }
    while high < range.upperBound {
      content.add(high)
      high += 1
    }
    while low < range.lowerBound {
      content.remove(low)
      low += 1
    }
    while high > range.upperBound {
      high -= 1
      content.remove(high)
    }
    window = range
  }
}

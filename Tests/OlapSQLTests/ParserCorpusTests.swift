import Testing

@testable import OlapSQL

@Suite("Every statement of the corpus")
struct ParserCorpusTests {
  @Test("no file of the corpus is missing")
  func filesExist() {
    for (name, text) in Corpus.texts { #expect(!text.isEmpty, "\(name)") }
    #expect(Corpus.statements.count > 400)
  }

  @Test("parses")
  func parses() {
    for sql in Corpus.statements {
      do {
        let statements = try Parser.parse(sql)
        #expect(statements.count <= 1, "\(sql)")
      } catch {
        Issue.record("\(error.rendered(in: sql))")
      }
    }
  }
}

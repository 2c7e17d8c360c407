/// The words and sites of the page views.
enum HitsVocabulary {
  static let words: [String] = [
    "новини", "погода", "київ", "карта", "відео", "музика", "фільми", "онлайн", "купити", "ціна",
    "рецепт", "борщ", "football", "weather", "news", "games", "photo", "cars", "jobs", "school",
    "travel", "hotel", "phone", "laptop", "review", "download", "free", "music", "map", "recipe",
    "tickets", "bank", "course", "dollar", "horoscope", "translate", "dictionary", "series",
    "kitchen", "garden",
  ]
  static let sites: [String] = [
    "news.example", "shop.example", "auto.example", "mail.example", "video.example",
    "realty.example", "jobs.example", "games.example", "maps.google.example", "google.example",
    "forum.example", "kino.example",
  ]
  static let phones: [(id: Int, models: [String])] = [
    (1, ["iPhone 15", "iPhone 14", "iPhone SE"]), (2, ["Galaxy S24", "Galaxy A15"]),
    (3, ["Redmi 13", "Poco X6"]), (4, ["Pixel 8"]), (5, ["Moto G54", "Razr 40"]),
  ]
  static let languages: [String] = ["uk", "en", "pl", "de", "ru", "ro"]
  static let widths: [(Int, Int)] = [
    (1920, 1080), (1366, 768), (1536, 864), (390, 844), (412, 915), (2560, 1440), (1280, 720),
    (768, 1024), (3840, 2160), (0, 0),
  ]
}

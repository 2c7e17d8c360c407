-- The 43 questions ClickBench asks, of this table. Ties are broken, so that every answer is one.

SELECT COUNT(*) FROM hits;

SELECT COUNT(*) FROM hits WHERE adv_engine_id <> 0;

SELECT SUM(adv_engine_id), COUNT(*), AVG(resolution_width) FROM hits;

SELECT AVG(user_id) FROM hits;

SELECT COUNT(DISTINCT user_id) FROM hits;

SELECT COUNT(DISTINCT search_phrase) FROM hits;

SELECT MIN(event_date), MAX(event_date) FROM hits;

SELECT adv_engine_id, COUNT(*) AS c
FROM hits
WHERE adv_engine_id <> 0
GROUP BY adv_engine_id
ORDER BY c DESC, adv_engine_id;

SELECT region_id, COUNT(DISTINCT user_id) AS u
FROM hits
GROUP BY region_id
ORDER BY u DESC, region_id
LIMIT 10;

SELECT region_id, SUM(adv_engine_id), COUNT(*) AS c, AVG(resolution_width), COUNT(DISTINCT user_id)
FROM hits
GROUP BY region_id
ORDER BY c DESC, region_id
LIMIT 10;

SELECT mobile_phone_model, COUNT(DISTINCT user_id) AS u
FROM hits
WHERE mobile_phone_model <> ''
GROUP BY mobile_phone_model
ORDER BY u DESC, mobile_phone_model
LIMIT 10;

SELECT mobile_phone, mobile_phone_model, COUNT(DISTINCT user_id) AS u
FROM hits
WHERE mobile_phone_model <> ''
GROUP BY mobile_phone, mobile_phone_model
ORDER BY u DESC, mobile_phone_model
LIMIT 10;

SELECT search_phrase, COUNT(*) AS c
FROM hits
WHERE search_phrase <> ''
GROUP BY search_phrase
ORDER BY c DESC, search_phrase
LIMIT 10;

SELECT search_phrase, COUNT(DISTINCT user_id) AS u
FROM hits
WHERE search_phrase <> ''
GROUP BY search_phrase
ORDER BY u DESC, search_phrase
LIMIT 10;

SELECT search_engine_id, search_phrase, COUNT(*) AS c
FROM hits
WHERE search_phrase <> ''
GROUP BY search_engine_id, search_phrase
ORDER BY c DESC, search_phrase, search_engine_id
LIMIT 10;

SELECT user_id, COUNT(*) AS c
FROM hits
GROUP BY user_id
ORDER BY c DESC, user_id
LIMIT 10;

SELECT user_id, search_phrase, COUNT(*) AS c
FROM hits
GROUP BY user_id, search_phrase
ORDER BY c DESC, user_id, search_phrase
LIMIT 10;

SELECT user_id, search_phrase, COUNT(*) AS c
FROM hits
GROUP BY user_id, search_phrase
ORDER BY user_id, search_phrase
LIMIT 10;

SELECT user_id, EXTRACT(minute FROM event_time) AS m, search_phrase, COUNT(*) AS c
FROM hits
GROUP BY user_id, m, search_phrase
ORDER BY c DESC, user_id, m, search_phrase
LIMIT 10;

SELECT user_id FROM hits WHERE user_id = 8710353457500708;

SELECT COUNT(*) FROM hits WHERE url LIKE '%google%';

SELECT search_phrase, MIN(url), COUNT(*) AS c
FROM hits
WHERE url LIKE '%google%' AND search_phrase <> ''
GROUP BY search_phrase
ORDER BY c DESC, search_phrase
LIMIT 10;

SELECT search_phrase, MIN(url), MIN(title), COUNT(*) AS c, COUNT(DISTINCT user_id)
FROM hits
WHERE title LIKE '%Google%' AND url NOT LIKE '%.google.%' AND search_phrase <> ''
GROUP BY search_phrase
ORDER BY c DESC, search_phrase
LIMIT 10;

SELECT *
FROM hits
WHERE url LIKE '%google%'
ORDER BY event_time, watch_id
LIMIT 10;

SELECT search_phrase
FROM hits
WHERE search_phrase <> ''
ORDER BY event_time, watch_id
LIMIT 10;

SELECT search_phrase
FROM hits
WHERE search_phrase <> ''
ORDER BY search_phrase
LIMIT 10;

SELECT search_phrase
FROM hits
WHERE search_phrase <> ''
ORDER BY event_time, search_phrase
LIMIT 10;

SELECT counter_id, AVG(LENGTH(url)) AS l, COUNT(*) AS c
FROM hits
WHERE url <> ''
GROUP BY counter_id
HAVING COUNT(*) > 1000
ORDER BY l DESC, counter_id
LIMIT 25;

SELECT
    REGEXP_REPLACE(referer, '^https?://(?:www\.)?([^/]+)/.*$', '\1') AS k,
    AVG(LENGTH(referer)) AS l,
    COUNT(*) AS c,
    MIN(referer)
FROM hits
WHERE referer <> ''
GROUP BY k
HAVING COUNT(*) > 1000
ORDER BY l DESC, k
LIMIT 25;

SELECT
    SUM(resolution_width), SUM(resolution_width + 1), SUM(resolution_width + 2), SUM(resolution_width + 3),
    SUM(resolution_width + 4), SUM(resolution_width + 5), SUM(resolution_width + 6), SUM(resolution_width + 7),
    SUM(resolution_width + 8), SUM(resolution_width + 9), SUM(resolution_width + 10), SUM(resolution_width + 11),
    SUM(resolution_width + 12), SUM(resolution_width + 13), SUM(resolution_width + 14), SUM(resolution_width + 15),
    SUM(resolution_width + 16), SUM(resolution_width + 17), SUM(resolution_width + 18), SUM(resolution_width + 19),
    SUM(resolution_width + 20), SUM(resolution_width + 21), SUM(resolution_width + 22), SUM(resolution_width + 23),
    SUM(resolution_width + 24), SUM(resolution_width + 25), SUM(resolution_width + 26), SUM(resolution_width + 27),
    SUM(resolution_width + 28), SUM(resolution_width + 29), SUM(resolution_width + 30), SUM(resolution_width + 31),
    SUM(resolution_width + 32), SUM(resolution_width + 33), SUM(resolution_width + 34), SUM(resolution_width + 35),
    SUM(resolution_width + 36), SUM(resolution_width + 37), SUM(resolution_width + 38), SUM(resolution_width + 39),
    SUM(resolution_width + 40), SUM(resolution_width + 41), SUM(resolution_width + 42), SUM(resolution_width + 43),
    SUM(resolution_width + 44), SUM(resolution_width + 45), SUM(resolution_width + 46), SUM(resolution_width + 47),
    SUM(resolution_width + 48), SUM(resolution_width + 49), SUM(resolution_width + 50), SUM(resolution_width + 51),
    SUM(resolution_width + 52), SUM(resolution_width + 53), SUM(resolution_width + 54), SUM(resolution_width + 55),
    SUM(resolution_width + 56), SUM(resolution_width + 57), SUM(resolution_width + 58), SUM(resolution_width + 59),
    SUM(resolution_width + 60), SUM(resolution_width + 61), SUM(resolution_width + 62), SUM(resolution_width + 63),
    SUM(resolution_width + 64), SUM(resolution_width + 65), SUM(resolution_width + 66), SUM(resolution_width + 67),
    SUM(resolution_width + 68), SUM(resolution_width + 69), SUM(resolution_width + 70), SUM(resolution_width + 71),
    SUM(resolution_width + 72), SUM(resolution_width + 73), SUM(resolution_width + 74), SUM(resolution_width + 75),
    SUM(resolution_width + 76), SUM(resolution_width + 77), SUM(resolution_width + 78), SUM(resolution_width + 79),
    SUM(resolution_width + 80), SUM(resolution_width + 81), SUM(resolution_width + 82), SUM(resolution_width + 83),
    SUM(resolution_width + 84), SUM(resolution_width + 85), SUM(resolution_width + 86), SUM(resolution_width + 87),
    SUM(resolution_width + 88), SUM(resolution_width + 89)
FROM hits;

SELECT search_engine_id, client_ip, COUNT(*) AS c, SUM(is_refresh), AVG(resolution_width)
FROM hits
WHERE search_phrase <> ''
GROUP BY search_engine_id, client_ip
ORDER BY c DESC, search_engine_id, client_ip
LIMIT 10;

SELECT watch_id, client_ip, COUNT(*) AS c, SUM(is_refresh), AVG(resolution_width)
FROM hits
WHERE search_phrase <> ''
GROUP BY watch_id, client_ip
ORDER BY c DESC, watch_id, client_ip
LIMIT 10;

SELECT watch_id, client_ip, COUNT(*) AS c, SUM(is_refresh), AVG(resolution_width)
FROM hits
GROUP BY watch_id, client_ip
ORDER BY c DESC, watch_id, client_ip
LIMIT 10;

SELECT url, COUNT(*) AS c FROM hits GROUP BY url ORDER BY c DESC, url LIMIT 10;

SELECT 1, url, COUNT(*) AS c FROM hits GROUP BY 1, url ORDER BY c DESC, url LIMIT 10;

SELECT client_ip, client_ip - 1, client_ip - 2, client_ip - 3, COUNT(*) AS c
FROM hits
GROUP BY client_ip, client_ip - 1, client_ip - 2, client_ip - 3
ORDER BY c DESC, client_ip
LIMIT 10;

SELECT url, COUNT(*) AS page_views
FROM hits
WHERE counter_id = 62 AND event_date >= DATE '2025-07-01' AND event_date <= DATE '2025-07-31'
  AND dont_count_hits = 0 AND is_refresh = 0 AND url <> ''
GROUP BY url
ORDER BY page_views DESC, url
LIMIT 10;

SELECT title, COUNT(*) AS page_views
FROM hits
WHERE counter_id = 62 AND event_date >= DATE '2025-07-01' AND event_date <= DATE '2025-07-31'
  AND dont_count_hits = 0 AND is_refresh = 0 AND title <> ''
GROUP BY title
ORDER BY page_views DESC, title
LIMIT 10;

SELECT url, COUNT(*) AS page_views
FROM hits
WHERE counter_id = 62 AND event_date >= DATE '2025-07-01' AND event_date <= DATE '2025-07-31'
  AND is_refresh = 0 AND is_link <> 0 AND is_download = 0
GROUP BY url
ORDER BY page_views DESC, url
LIMIT 10 OFFSET 100;

SELECT
    traffic_source_id,
    search_engine_id,
    adv_engine_id,
    CASE WHEN search_engine_id = 0 AND adv_engine_id = 0 THEN referer ELSE '' END AS source,
    url AS destination,
    COUNT(*) AS page_views
FROM hits
WHERE counter_id = 62 AND event_date >= DATE '2025-07-01' AND event_date <= DATE '2025-07-31'
  AND is_refresh = 0
GROUP BY traffic_source_id, search_engine_id, adv_engine_id, source, destination
ORDER BY page_views DESC, traffic_source_id, search_engine_id, adv_engine_id, source, destination
LIMIT 10 OFFSET 1000;

SELECT url_hash, event_date, COUNT(*) AS page_views
FROM hits
WHERE counter_id = 62 AND event_date >= DATE '2025-07-01' AND event_date <= DATE '2025-07-31'
  AND is_refresh = 0 AND traffic_source_id IN (-1, 6)
GROUP BY url_hash, event_date
ORDER BY page_views DESC, url_hash, event_date
LIMIT 10 OFFSET 100;

SELECT window_width, window_height, COUNT(*) AS page_views
FROM hits
WHERE counter_id = 62 AND event_date >= DATE '2025-07-01' AND event_date <= DATE '2025-07-31'
  AND is_refresh = 0 AND dont_count_hits = 0 AND url_category_id < 150
GROUP BY window_width, window_height
ORDER BY page_views DESC, window_width, window_height
LIMIT 10 OFFSET 100;

SELECT DATE_TRUNC('minute', event_time) AS m, COUNT(*) AS page_views
FROM hits
WHERE counter_id = 62 AND event_date >= DATE '2025-07-14' AND event_date <= DATE '2025-07-15'
  AND is_refresh = 0 AND dont_count_hits = 0
GROUP BY m
ORDER BY m
LIMIT 10 OFFSET 100;

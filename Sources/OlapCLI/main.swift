print("olap")

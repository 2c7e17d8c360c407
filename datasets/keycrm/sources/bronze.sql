-- Bronze: the tables as the CRM exports them, one row per id (order_products: per order and product).
-- `ordered_at` is the wall clock in UTC, without a zone, as the export writes it; the other times
-- carry theirs. Files are looked for in the folder that the variable `data` names; those that are new
-- or changed are upserted by every run and build.

-- Where orders come from: shops and messengers.
-- @files {{ var('data') }}/sources*.csv  @owner data-team
CREATE BRONZE TABLE sources (
  id INTEGER PRIMARY KEY,
  name VARCHAR NOT NULL,
  driver VARCHAR
);

-- People who handle orders.
-- @files {{ var('data') }}/managers*.csv  @owner data-team
CREATE BRONZE TABLE managers (
  id INTEGER PRIMARY KEY,
  name VARCHAR NOT NULL,
  email VARCHAR,
  role VARCHAR,
  is_active BOOLEAN
);

-- People who order.
-- @files {{ var('data') }}/buyers*.csv  @owner data-team
CREATE BRONZE TABLE buyers (
  id BIGINT PRIMARY KEY,
  full_name VARCHAR,
  phone VARCHAR,
  email VARCHAR,
  city VARCHAR,
  created_at TIMESTAMPTZ,
  updated_at TIMESTAMPTZ
);

-- Categories of products, one level of parents.
-- @files {{ var('data') }}/categories*.csv  @owner data-team
CREATE BRONZE TABLE categories (
  id INTEGER PRIMARY KEY,
  name VARCHAR NOT NULL,
  parent_id INTEGER
);

-- What is sold.
-- @files {{ var('data') }}/products*.csv  @owner data-team
CREATE BRONZE TABLE products (
  id BIGINT PRIMARY KEY,
  name VARCHAR NOT NULL,
  sku VARCHAR,
  category_id INTEGER,
  brand VARCHAR,
  price DECIMAL(12,2),
  purchased_price DECIMAL(12,2),
  quantity INTEGER,
  is_archived BOOLEAN,
  created_at TIMESTAMPTZ,
  updated_at TIMESTAMPTZ
);

-- Orders, one row each.
-- @files {{ var('data') }}/orders*.csv  @owner data-team
CREATE BRONZE TABLE orders (
  id BIGINT PRIMARY KEY,
  source_uuid VARCHAR,
  source_id INTEGER,
  status_id INTEGER,
  grand_total DECIMAL(12,2),
  total_discount DECIMAL(12,2),
  shipping_price DECIMAL(12,2),
  promocode VARCHAR,
  payment_status VARCHAR,
  ordered_at TIMESTAMP,
  created_at TIMESTAMPTZ,
  updated_at TIMESTAMPTZ,
  closed_at TIMESTAMPTZ,
  buyer_id BIGINT,
  manager_id INTEGER,
  manager_comment VARCHAR
);

-- Lines of orders: one product each.
-- @files {{ var('data') }}/order_products*.csv  @owner data-team
CREATE BRONZE TABLE order_products (
  order_id BIGINT,
  product_id BIGINT,
  quantity INTEGER,
  price DECIMAL(12,2),
  updated_at TIMESTAMPTZ,
  PRIMARY KEY (order_id, product_id),
  CONSTRAINT quantity_is_positive EXPECT (quantity > 0) ON VIOLATION QUARANTINE
);

-- Kinds of expenses.
-- @files {{ var('data') }}/expense_types*.csv  @owner data-team
CREATE BRONZE TABLE expense_types (
  id INTEGER PRIMARY KEY,
  name VARCHAR NOT NULL,
  alias VARCHAR
);

-- Expenses on orders.
-- @files {{ var('data') }}/expenses*.csv  @owner data-team
CREATE BRONZE TABLE expenses (
  id BIGINT PRIMARY KEY,
  order_id BIGINT,
  expense_type_id INTEGER,
  amount DECIMAL(12,2),
  description VARCHAR,
  created_at TIMESTAMPTZ
);

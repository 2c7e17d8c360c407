-- SHG Table
CREATE TABLE shg (
    id SERIAL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    location POINT NOT NULL,  -- (latitude, longitude)
    category VARCHAR(100) NOT NULL,
    member_count INTEGER,
    production_capacity INTEGER,  -- units per month
    certifications JSON,
    quality_metrics JSON,
    contact_info JSON,
    bank_details JSON ENCRYPTED,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    INDEX idx_location (location),
    INDEX idx_category (category)
);

-- Product Table
CREATE TABLE product (
    id SERIAL PRIMARY KEY,
    shg_id INTEGER NOT NULL REFERENCES shg(id),
    name VARCHAR(255) NOT NULL,
    category VARCHAR(100) NOT NULL,
    description TEXT,
    unit_price DECIMAL(10, 2),
    cost_price DECIMAL(10, 2),
    images JSON,
    certifications JSON,
    shelf_life INTEGER,  -- days
    minimum_order_quantity INTEGER,
    available_quantity INTEGER,
    sustainability_score DECIMAL(3, 2),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    INDEX idx_shg_id (shg_id),
    INDEX idx_category (category)
);

-- Buyer Table
CREATE TABLE buyer (
    id SERIAL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    type VARCHAR(50) NOT NULL,  -- Retailer, Wholesaler, Government, Aggregator
    location POINT,
    category_preferences JSON,
    quality_requirements JSON,
    order_volume_range JSON,  -- {min, max}
    price_range JSON,  -- {min, max}
    certifications_required JSON,
    payment_terms VARCHAR(100),
    rating DECIMAL(3, 2),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    INDEX idx_type (type),
    INDEX idx_location (location)
);

-- SHG-Buyer Matching Table
CREATE TABLE shg_buyer_match (
    id SERIAL PRIMARY KEY,
    shg_id INTEGER NOT NULL REFERENCES shg(id),
    buyer_id INTEGER NOT NULL REFERENCES buyer(id),
    product_ids JSON,
    match_score DECIMAL(3, 2),
    status VARCHAR(50) DEFAULT 'Pending',  -- Pending, Accepted, Connected, Completed
    initial_message TEXT,
    last_interaction_date TIMESTAMP,
    connection_metadata JSON,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE(shg_id, buyer_id),
    INDEX idx_status (status),
    INDEX idx_match_score (match_score DESC)
);

-- Order Table
CREATE TABLE orders (
    id SERIAL PRIMARY KEY,
    shg_id INTEGER NOT NULL REFERENCES shg(id),
    buyer_id INTEGER NOT NULL REFERENCES buyer(id),
    products JSON NOT NULL,  -- [{product_id, quantity, unit_price}, ...]
    total_value DECIMAL(15, 2),
    order_date TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    delivery_date TIMESTAMP,
    status VARCHAR(50),  -- Pending, Confirmed, Shipped, Delivered, Cancelled
    payment_status VARCHAR(50),  -- Pending, Paid, Refunded
    delivery_address JSON,
    feedback JSON,
    INDEX idx_shg_id (shg_id),
    INDEX idx_buyer_id (buyer_id),
    INDEX idx_status (status)
);

-- Market Data Table
CREATE TABLE market_data (
    id BIGSERIAL PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES product(id),
    timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    price DECIMAL(10, 2),
    demand_signal DECIMAL(5, 2),  -- 0-10 scale
    competitor_count INTEGER,
    availability_index DECIMAL(3, 2),  -- 0-1 scale
    trend_direction VARCHAR(20),  -- UP, DOWN, STABLE
    source VARCHAR(100),
    INDEX idx_product_id (product_id),
    INDEX idx_timestamp (timestamp)
);

-- Pricing History Table
CREATE TABLE pricing_history (
    id BIGSERIAL PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES product(id),
    date DATE NOT NULL,
    price DECIMAL(10, 2),
    quantity_sold INTEGER,
    order_count INTEGER,
    region VARCHAR(100),
    INDEX idx_product_id (product_id),
    INDEX idx_date (date)
);

-- Demand Forecast Table
CREATE TABLE demand_forecast (
    id BIGSERIAL PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES product(id),
    forecast_date DATE,
    period INTEGER,  -- Number of days in forecast
    predicted_demand INTEGER,
    confidence_lower_bound INTEGER,
    confidence_upper_bound INTEGER,
    model_used VARCHAR(100),  -- LSTM, XGBoost, Prophet
    generated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    INDEX idx_product_id (product_id),
    INDEX idx_forecast_date (forecast_date)
);

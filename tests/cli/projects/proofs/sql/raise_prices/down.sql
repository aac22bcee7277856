UPDATE plans SET price = price - 1;

UPDATE plans SET price = price * 2;

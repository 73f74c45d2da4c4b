"""What is learned from recordings; needs scikit-learn, which carewatch itself does not."""

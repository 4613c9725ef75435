"""Losses of the Bernoulli distribution, written by hand."""

import numpy as np
from scipy.special import expit, xlog1py, xlogy


def bernoulli(y, p):
    """Binary cross-entropy of a probability, -y log p - (1 - y) log(1 - p), with 0 log 0 = 0.

    Source: scikit-learn's documentation of sklearn.metrics.log_loss.
    """
    return -xlogy(y, p) - xlog1py(1 - y, -p)


def bernoulli_gradient(y, p):
    """Gradient in p: (p - y) / (p (1 - p)), inside 0 < p < 1.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2.
    """
    return ((p - y) / (p * (1 - p)),)


def bernoulli_link_p_sigmoid(y, logit_p):
    """Binary cross-entropy with logits, max(z, 0) - z y + log(1 + e^-|z|) for the logit z = logit_p.

    It is log(1 + e^z) - y z, arranged so that nothing overflows.

    Source: TensorFlow's documentation of tf.nn.sigmoid_cross_entropy_with_logits.
    """
    return np.maximum(logit_p, 0) - logit_p * y + np.log1p(np.exp(-np.abs(logit_p)))


def bernoulli_link_p_sigmoid_gradient(y, logit_p):
    """Gradient in the logit z: sigmoid(z) - y.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2.
    """
    return (expit(logit_p) - y,)

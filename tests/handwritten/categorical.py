"""Losses of the categorical distribution, class axis last and y one-hot or summing to 1, by hand."""

import numpy as np
from scipy.special import xlogy


def categorical(y, p):
    """Cross-entropy of probabilities, -sum_k y_k log p_k, with 0 log 0 = 0.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4.
    """
    return -np.sum(xlogy(y, p), axis=-1)


def categorical_gradient(y, p):
    """Gradient in each p_k, the probabilities taken as free: -y_k / p_k.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4.
    """
    return (-y / p,)


def categorical_link_p_softmax(y, logits):
    """Softmax cross-entropy, -sum_k y_k log softmax(z)_k for the logits z.

    The greatest logit is subtracted before the exponential, so nothing overflows. A logit that leads by 37
    or more absorbs the others in float64, and then the loss of its class is 0 where it is truly e^-gap.

    Source: Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.2.2.3.
    """
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    return -np.sum(y * log_p, axis=-1)


def categorical_link_p_softmax_gradient(y, logits):
    """Gradient in each logit: softmax(z)_k - y_k, for y that sums to 1.

    Source: Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.2.2.3.
    """
    weights = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return (weights / np.sum(weights, axis=-1, keepdims=True) - y,)
